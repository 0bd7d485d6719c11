/** The streams of the web, by a package. */
import * as streams from 'web-streams-polyfill';
import { define } from './define.js';

define({ ...streams });
