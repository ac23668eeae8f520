import { failure } from './failure';
import { jobs } from './jobs';
import { postgresql } from './postgresql';

/** What any kind of application may have: one line each. */
export const FEATURES = { postgresql, jobs, failure };
