import { purposeHeader, send } from "./client";
import { problemOf } from "./problem";

/** Reads a file of the API, for a stated purpose where it needs one, and hands it to the browser to save. Throws `Problem`. */
export async function download(address: string, name: string, purpose?: string): Promise<void> {
  const answer = await send(new Request(address, { headers: purpose === undefined ? {} : purposeHeader(purpose) }));
  if (!answer.ok) throw await problemOf(answer);
  const said = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1];
  const url = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = said ?? name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
