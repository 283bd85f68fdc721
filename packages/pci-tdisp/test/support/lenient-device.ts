/** A device that departs from the specification in ways that a public emulator is known to, each by its name. */
import type { DeviceModel } from '@tsm/pci-tdisp';

export const DEVIATIONS = {
  /** STOP of an unlocked interface is INVALID_INTERFACE_STATE; it should be success. */
  stopUnlockedRefused: true,
  /** GET_DEVICE_INTERFACE_REPORT of an unlocked interface is INVALID_REQUEST; it should be INVALID_INTERFACE_STATE. */
  reportUnlockedInvalid: true,
  /** LOCK takes any flags, and needs no keys for the stream. */
  lockTakesAll: true,
  /** GET_TDISP_VERSION unlocks the interface. */
  versionUnlocks: true,
  /** IDE_KM takes any port, sub-stream and IFV. */
  keysTakeAll: true,
  /** IDE_KM and TDISP are answered without a session. */
  answersWithoutSession: true,
} as const;
export type Deviation = keyof typeof DEVIATIONS;

const error = (payload: Uint8Array, code: number): Uint8Array =>
  Uint8Array.of(0x10, 0x7f, ...payload.subarray(2, 16), code & 255, code >> 8, 0, 0, 0, 0, 0, 0);

/** `session`: of the device. Answers as the device does, but for one deviation. */
export function lenientDevice(device: DeviceModel, deviation: Deviation, session = 1) {
  return (protocol: number, payload: Uint8Array, sessionId: number | undefined): Uint8Array | undefined => {
    const id = deviation === 'answersWithoutSession' ? (sessionId ?? session) : sessionId;
    const [, type] = payload;
    const tdi = device.tdisp.interface((payload[4] ?? 0) | ((payload[5] ?? 0) << 8));
    const unlocked = protocol === 1 && tdi?.state === 'CONFIG_UNLOCKED';
    if (deviation === 'stopUnlockedRefused' && unlocked && type === 0x87) return error(payload, 4);
    if (deviation === 'reportUnlockedInvalid' && unlocked && type === 0x84) return error(payload, 1);
    if (deviation === 'lockTakesAll' && unlocked && type === 0x83) {
      const nonce = new Uint8Array(32).fill(7);
      tdi.hold({ flags: 0, streamId: payload[18] ?? 0, mmioReportingOffset: 0n, p2pAddressMask: 0n, nonce });
      tdi.enter('CONFIG_LOCKED');
      return Uint8Array.of(0x10, 3, ...payload.subarray(2, 16), ...nonce);
    }
    const answer = device.handler(protocol)?.(payload, id);
    if (deviation === 'keysTakeAll' && protocol === 0 && payload[0] === 2) return answer?.with(4, 0);
    if (deviation === 'versionUnlocks' && protocol === 1 && type === 0x81) tdi?.enter('CONFIG_UNLOCKED');
    return answer;
  };
}
