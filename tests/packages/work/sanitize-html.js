// removes what is dangerous from HTML
import sanitize from 'sanitize-html';

export default function work() {
  return [sanitize('<p onclick="x()">a <script>alert(1)</script><b>b</b><a href="javascript:x">l</a><img src=x></p>'), sanitize('<i style="color:red;position:fixed">x</i>', { allowedTags: ['i'], allowedAttributes: { i: ['style'] }, allowedStyles: { '*': { color: [/^red$/] } } })];
}
