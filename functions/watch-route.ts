/** Routes for people of the watch app; apart from other apps', so that no package contains two (package/). */
import { watchForPeople } from '../shared/compose.ts';
import { peopleOf } from './people-of.ts';

export const forPersonOfWatch = peopleOf(() => watchForPeople());
