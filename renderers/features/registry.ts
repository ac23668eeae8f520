import type { Contributor } from '../contribution';
import { failureReports } from './failure-reports';
import { jobs } from './jobs';
import { postgresql } from './postgresql';

/** What any kind of application may have besides: one line each. */
export const FEATURES: readonly Contributor[] = [postgresql, jobs, failureReports];
