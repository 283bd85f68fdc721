// @ts-check
/** `npm run build`: installs and builds what is missing. */
import { bootstrap, main } from './bootstrap.mjs';

await main(async () => {
  await bootstrap();
  return 0;
});
