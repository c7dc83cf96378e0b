import { PhoneOutlined } from "@ant-design/icons";

/** A number that the telephone dials at a press. */
export function Phone({ number }: { number: string }) {
  return (
    <a className="phone" href={`tel:${number.replace(/[^+\d]/g, "")}`}>
      <PhoneOutlined aria-hidden />
      {number}
    </a>
  );
}
