import { agreement } from './agreement';
import { aside } from './aside';
import { code } from './code';
import { common } from './common';
import { coordinator } from './coordinator';
import { courier } from './courier';
import { errors } from './errors';
import { flags } from './flags';
import { guest } from './guest';
import { me } from './me';
import { parent } from './parent';
import { start } from './start';
import { story } from './story';
import { sync } from './sync';
import { visit } from './visit';
import { words } from './words';

export const kk = {
  common, start, aside, agreement, visit, story, flags, words, sync, parent, coordinator, me, code, courier, guest, errors,
};
