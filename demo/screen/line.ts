/** A line of the screen: pieces of text, each in one style. */

export type Style = 'plain' | 'bold' | 'dim' | 'good' | 'warn' | 'bad';

export interface Segment {
  text: string;
  style: Style;
}

export type Line = Segment[];

export interface Size {
  columns: number;
  rows: number;
}

export type Piece = [text: string, style: Style];

export function line(...pieces: Piece[]): Line {
  return pieces.map(([text, style]) => ({ text, style }));
}

export function title(text: string): Line {
  return line([text, 'bold']);
}
