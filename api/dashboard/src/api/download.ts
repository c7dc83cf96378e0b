import { purposeHeader, send } from "./client";
import { problemOf } from "./problem";

/** Reads a file of the API, for a stated purpose where it needs one, and hands it to the browser to save. Throws `Problem`. */
export async function download(address: string, name: string, purpose?: string): Promise<void> {
  const answer = await send(new Request(address, { headers: purpose === undefined ? {} : purposeHeader(purpose) }));
  if (!answer.ok) throw await problemOf(answer);
  const said = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1];
  save(await answer.blob(), said ?? name);
}

/** Hands a file to the browser to save. */
export function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
