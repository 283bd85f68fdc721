/** The records that MRTD is the hash of. Spec: Intel TDX Module ABI, TDH.MEM.PAGE.ADD and TDH.MR.EXTEND. */
import { ascii, bytes, field, reserved, struct, u64le } from '@tsm/core/layout';

/** 128 bytes, for each page that is added. */
export const PageAddRecord = struct('PageAddRecord', 'Intel TDX Module ABI, TDH.MEM.PAGE.ADD', {
  operation: field(ascii(16), 'MEM.PAGE.ADD, NUL-padded'),
  gpa: field(u64le, 'Guest physical address of the page'),
  reserved: field(reserved(104), 'Zero'),
});

/** 128 + 256 bytes, for each 256-byte chunk that is measured. */
export const MrExtendRecord = struct('MrExtendRecord', 'Intel TDX Module ABI, TDH.MR.EXTEND', {
  operation: field(ascii(16), 'MR.EXTEND, NUL-padded'),
  gpa: field(u64le, 'Guest physical address of the chunk'),
  reserved: field(reserved(104), 'Zero'),
  chunk: field(bytes(256), 'The chunk'),
});
