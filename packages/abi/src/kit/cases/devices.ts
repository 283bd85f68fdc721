/** Group J: PCI devices. */
import { group } from '../case.ts';
import type { Case, Mark } from '../model.ts';

const add = group('J', () => false);
const REASON = 'PCI devices are not in this tree yet';

const ROWS: readonly (readonly [id: number, mark: Mark, title: string])[] = [
  [138, 'M', 'without a link TSM a device has no tsm directory'],
  [139, 'M', 'the first link TSM makes tsm0 and the attributes'],
  [140, 'M', 'attributes of a device that is not connected'],
  [141, 'M', 'connect parses the name of a TSM'],
  [142, 'M', 'connect while connected'],
  [143, 'M', 'connect without a mailbox'],
  [144, 'M', 'connect that the driver refuses'],
  [145, 'M', 'attributes of a connected device'],
  [146, 'M', 'disconnect names its TSM'],
  [147, 'M', 'disconnect unbinds first'],
  [148, 'M', 'bind'],
  [149, 'M', 'guest requests'],
  [150, 'M', 'numbers of TSMs'],
  [151, 'M', 'registration with both or neither operations'],
  [152, 'M', 'a TSM that goes disconnects its devices'],
  [153, 'M', 'IDE streams'],
  [154, 'M', 'IDE stream ids'],
  [155, 'M', 'SEV-TIO'],
  [156, 'P', 'lock and accept'],
  [157, 'P', 'evidence over netlink'],
  [158, 'P', 'the posting of 2024'],
];

export const DEVICE_CASES: readonly Case[] = ROWS.map(([id, mark, title]) => add(id, mark, title, REASON));
