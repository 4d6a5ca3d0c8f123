import { transportContract } from '../../../../test/integration/mesh-transport-support/contract.ts';
import { memoryHarness } from '../../../../test/integration/mesh-transport-support/memory-harness.ts';

transportContract('memory', memoryHarness);
