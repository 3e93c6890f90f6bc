/** Said after the story, in the order in which a person does it. */
export const goOn = [
  'To watch your own clusters:',
  '  1. cp fleet.example.yaml fleet.yaml',
  '  2. edit fleet.yaml: it explains every field; keep what you need',
  '  3. npm start',
];
