// templates with helpers and partials
import Handlebars from 'handlebars';

export default function work() {
  const own = Handlebars.create();
  own.registerHelper('up', (text) => text.toUpperCase());
  own.registerPartial('row', '<li>{{up name}}</li>');
  const render = own.compile('<h1>{{title}}</h1>{{#each rows}}{{> row}}{{else}}none{{/each}}{{{raw}}}');
  let failure;
  try {
    own.compile('{{#if}}')({});
  } catch (error) {
    failure = error.message;
  }
  return [render({ title: 'a < b', rows: [{ name: 'x' }, { name: 'ü' }], raw: '<b>' }), render({ rows: [] }), failure];
}
