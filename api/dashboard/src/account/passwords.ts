/** What the API refuses as too easy to guess; it decides, this only says so at once. */
export function isEasy(password: string, username: string): boolean {
  return password.toLowerCase().includes(username.toLowerCase()) || new Set(password).size < 4;
}
