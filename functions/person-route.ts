/** Routes for people, of each app that has some. */
import { recover, rotate } from '../shared/compose.ts';
import { peopleOf } from './people-of.ts';

export const forPerson = peopleOf(() => recover());
export const forPersonOfRotate = peopleOf(() => rotate());
