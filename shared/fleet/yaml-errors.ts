import type { ErrorCode } from 'yaml';

/** The parser's own messages quote the text, and the text may be a secret: these do not. */
const messages: Record<ErrorCode, string> = {
  ALIAS_PROPS: 'YAML syntax: an alias takes no anchor or tag',
  BAD_ALIAS: 'YAML syntax: an alias or anchor is not complete',
  BAD_COLLECTION_TYPE: 'YAML syntax: this tag does not fit a map or list',
  BAD_DIRECTIVE: 'YAML syntax: unknown directive after %',
  BAD_DQ_ESCAPE:
    'YAML syntax: unknown escape after a backslash in double quotes; single quotes take it as it is',
  BAD_INDENT: 'YAML syntax: the indentation does not fit the lines above, or a bracket is not closed',
  BAD_PROP_ORDER: 'YAML syntax: an anchor or tag stands in the wrong place',
  BAD_SCALAR_START: 'YAML syntax: text that begins with this character must be in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'YAML syntax: a second ":" on one line; put the text in quotes',
  BLOCK_IN_FLOW: 'YAML syntax: a block cannot stand inside [ ] or { }',
  DUPLICATE_KEY: 'YAML syntax: this key is set twice',
  IMPOSSIBLE: 'YAML syntax: this cannot be read',
  KEY_OVER_1024_CHARS: 'YAML syntax: the key is longer than 1024 characters',
  MISSING_CHAR: 'YAML syntax: a character is missing here: a quote, a colon, a comma, a bracket or a space',
  MULTILINE_IMPLICIT_KEY: 'YAML syntax: a key must be on one line and followed by ":"',
  MULTIPLE_ANCHORS: 'YAML syntax: more than one anchor',
  MULTIPLE_DOCS: 'YAML syntax: the file holds more than one document; remove the "---" between them',
  MULTIPLE_TAGS: 'YAML syntax: more than one tag',
  NON_STRING_KEY: 'YAML syntax: a key must be plain text',
  RESOURCE_EXHAUSTION: 'YAML syntax: nested too deeply',
  TAB_AS_INDENT: 'YAML syntax: a tab cannot indent; use spaces',
  TAG_RESOLVE_FAILED: 'YAML syntax: this tag (!…) is not supported',
  UNEXPECTED_TOKEN:
    'YAML syntax: this does not belong here; perhaps the line above lacks a quote, colon or comma',
};

export function syntaxMessage(code: ErrorCode): string {
  return messages[code];
}
