// compares versions
import semver from 'semver';

export default function work() {
  return [semver.satisfies('1.2.3-beta.2', '>=1.2.3-beta.1 <2'), semver.inc('1.2.3', 'minor'), ['1.10.0', '1.9.0', '2.0.0-rc'].sort(semver.compare), semver.coerce('v2.5')?.version, semver.validRange('^1.2 || ~3')];
}
