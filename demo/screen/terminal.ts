/** Draws frames in place with plain ANSI, on the alternate screen: the person's own scrollback stays as it was. */
import type { WriteStream } from 'node:tty';
import type { Scene } from '../scene.ts';
import type { Line, Style } from './line.ts';
import { render } from './render.ts';

const escape = '\u001b[';
const codes: Record<Style, string> = { plain: '', bold: '1', dim: '2', good: '32', warn: '33', bad: '31' };
// Without automatic wrapping, a character that is wider than we think costs no second line.
const enter = `${escape}?1049h${escape}?25l${escape}?7l`;
const leave = `${escape}?7h${escape}?25h${escape}?1049l`;
const frameMs = 200;

/** One frame as the bytes that draw it. */
export function paint(lines: Line[], colour: boolean): string {
  const rows = lines.map((segments) =>
    segments
      .map(({ text, style }) =>
        colour && codes[style] !== '' ? `${escape}${codes[style]}m${text}${escape}0m` : text,
      )
      .join(''),
  );
  return `${escape}H${rows.map((row) => `${row}${escape}K`).join('\r\n')}${escape}J`;
}

/** Draws the scene until the returned function is called, which gives the terminal back. */
export function openScreen(out: WriteStream, scene: Scene, colour: boolean): () => void {
  let last = '';
  const draw = (): void => {
    const frame = paint(render(scene, { columns: out.columns || 80, rows: out.rows || 24 }), colour);
    if (frame !== last) out.write(frame);
    last = frame;
  };
  const resized = (): void => {
    last = '';
    draw();
  };
  out.write(enter);
  draw();
  const timer = setInterval(draw, frameMs);
  out.on('resize', resized);
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    clearInterval(timer);
    out.off('resize', resized);
    out.write(leave);
  };
  // Also where nobody comes to call it.
  process.once('exit', close);
  return close;
}
