import { z } from 'zod';

/** What a field means, and how the JSON schema for editors describes it. */
export interface Description {
  description: string;
  pattern?: string;
  examples?: string[];
}

/** What is wrong with a text; undefined when nothing is. */
export type Complaint = string | { message: string; suggestion: string } | undefined;

/**
 * Text that `check` accepts. The check says what is wrong, without repeating the value; the pattern only goes to
 * the JSON schema, because a pattern alone cannot say what to write instead.
 */
export function text(json: Description, check: (value: string) => Complaint, wrongType?: string) {
  return z
    .string(wrongType === undefined ? {} : { error: wrongType })
    .superRefine((value, context) => {
      const wrong = check(value);
      if (typeof wrong === 'string') context.addIssue({ code: 'custom', message: wrong });
      else if (wrong !== undefined)
        context.addIssue({
          code: 'custom',
          message: wrong.message,
          params: { suggestion: wrong.suggestion },
        });
    })
    .meta({ ...json });
}

/** Text of one pattern, with one sentence for everything else. */
export function matching(pattern: RegExp, json: Description, otherwise: string, wrongType?: string) {
  const check = (value: string) => (pattern.test(value) ? undefined : otherwise);
  return text({ pattern: pattern.source, ...json }, check, wrongType);
}

/** Words of people for people. */
export function line(description: string) {
  return text({ description }, (value) =>
    value.trim() !== '' && value.length <= 200 && !/\p{Cc}/u.test(value)
      ? undefined
      : 'must be 1 to 200 characters on one line',
  );
}

/** A whole number with bounds. */
export function whole(description: string, least: number, most: number) {
  const otherwise = `must be a whole number from ${least} to ${most}`;
  return z.int({ error: otherwise }).min(least, otherwise).max(most, otherwise).meta({ description });
}
