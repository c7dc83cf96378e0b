/** What the API refuses as too easy to guess; it decides, this only says so at once. */
export function isEasy(password: string, username: string): boolean {
  return password.toLowerCase().includes(username.toLowerCase()) || new Set(password).size < 4;
}

/** 32 letters and digits that nobody mistakes for one another. */
const ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";

/** A password of 80 bits in groups of four, for somebody else to type once and change. `random` fills an array of bytes. */
export function newPassword(username: string, random: (bytes: Uint8Array) => Uint8Array): string {
  for (;;) {
    const letters = Array.from(random(new Uint8Array(16)), (byte) => ALPHABET[byte % ALPHABET.length]).join("");
    const made = letters.replace(/(.{4})(?=.)/g, "$1-");
    if (!isEasy(made, username)) return made;
  }
}
