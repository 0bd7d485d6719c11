// groups, merges, compares and formats
import { camelCase, chunk, cloneDeep, debounce, groupBy, isEqual, kebabCase, merge, orderBy, set, template, words } from 'lodash-es';

export default function work() {
  const rows = [{ id: 2, at: new Date(0), tags: ['a'] }, { id: 1, at: new Date(1), tags: ['b', 'c'] }];
  const copy = cloneDeep({ map: new Map([['a', new Set([1])]]), rows });
  return [orderBy(rows, ['id']), groupBy(rows, 'id'), merge({}, rows[0], { tags: [, 'x'] }), isEqual(copy.rows, rows), camelCase('Füße-ab cd'), kebabCase('fooBarÉt'), words('fred, barney & pebbles'), chunk([1, 2, 3], 2), set({}, 'a[0].b', 1), template('hi <%- name %>')({ name: '<b>' }), typeof debounce(() => 1)];
}
