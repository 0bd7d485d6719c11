// changes copies
import { enableMapSet, produce, produceWithPatches, enablePatches } from 'immer';

export default function work() {
  enableMapSet();
  enablePatches();
  const before = { rows: [{ id: 1 }], set: new Set([1]) };
  const after = produce(before, (draft) => void (draft.rows.push({ id: 2 }), draft.set.add(2)));
  const [, patches] = produceWithPatches(before, (draft) => void (draft.rows[0].id = 5));
  return [before.rows.length, after.rows, [...after.set], patches, Object.isFrozen(after)];
}
