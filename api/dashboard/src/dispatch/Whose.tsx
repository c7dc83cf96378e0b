import { Plate } from "../ui/marks";
import type { Member } from "./model";

/** A vehicle of the roster and, below it, whose it is. */
export function Whose({ of }: { of: Member }) {
  return (
    <>
      <Plate plate={of.plate} />
      <small className="whose" title={of.organ.name}>
        {of.organ.name}
      </small>
    </>
  );
}
