import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import { checkPermissions, Format, requestPermissions, scan } from '@tauri-apps/plugin-barcode-scanner';
import { commands } from './commands';
import type { Core, CoreEvents, Scan } from './core';
import { toCoreError } from './error';

/** The core behind the window: the only module that knows Tauri. */
export function tauriCore(): Core {
  const core: Record<string, unknown> = {
    scan: look,
    on: <E extends keyof CoreEvents>(event: E, handle: (payload: CoreEvents[E]) => void) => {
      // Listening starts and stops asynchronously; a stop that comes first still wins.
      const listening = listen<CoreEvents[E]>(event, ({ payload }) => handle(payload));
      return () => void listening.then((stop) => stop());
    },
  };
  for (const [method, { name, takesRequest }] of Object.entries(commands)) {
    core[method] = async (request?: unknown) => {
      try {
        return await invoke(name, takesRequest ? { request } : undefined);
      } catch (failure) {
        throw toCoreError(failure);
      }
    };
  }
  return core as unknown as Core;
}

/** The phone's own reader over the whole screen; the system asks the person before the camera opens. */
async function look(): Promise<Scan> {
  let state = await checkPermissions();
  if (state !== 'granted' && state !== 'denied') state = await requestPermissions();
  if (state !== 'granted') return { without: 'denied' };
  try {
    return { text: (await scan({ formats: [Format.QRCode], windowed: false })).content };
  } catch (failure) {
    return { without: String(failure).includes('cancelled') ? 'cancelled' : 'failed' };
  }
}
