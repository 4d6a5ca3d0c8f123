import { transportContract } from './mesh-transport-support/contract.ts';
import { libp2pHarness } from './mesh-transport-support/libp2p-harness.ts';

transportContract('libp2p', libp2pHarness);
