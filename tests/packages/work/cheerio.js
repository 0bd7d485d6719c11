// reads and changes HTML
import { load } from 'cheerio';

export default function work() {
  const $ = load('<ul><li class="a">1<li>2 &amp; 3</ul><p>x');
  $('li.a').attr('data-x', 'ü').append('<b>!</b>');
  return [$('li').map((_, each) => $(each).text()).get(), $.html(), $('ul > li:nth-child(2)').html(), $('p').is(':last-child')];
}
