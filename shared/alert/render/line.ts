/** One line of a message, before a channel writes it. */
export interface Line {
  role: 'title' | 'text' | 'quiet' | 'link';
  text: string;
  /** For `link`. */
  url?: string;
}
