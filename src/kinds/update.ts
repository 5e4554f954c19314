// `npm run update`: writes build/kinds/schemas.json anew.
import { writeKinds } from './load.ts';

writeKinds();
