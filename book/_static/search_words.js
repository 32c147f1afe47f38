// Queries of the search page: symbols stay whole, a run of Chinese is cut into words that the index knows, and from a folder no page is fetched.
var splitQuery = function (query) {
  const words = [];
  const rest = query.replace(/[a-zα-ω]\[[^\[\]]{1,9}\]|o\([^()]{1,9}\)/giu, (symbol) => {
    words.push(symbol.replace(/\s/g, ""));
    return " ";
  });
  for (const word of rest.split(/[^\p{Letter}\p{Number}_\p{Emoji_Presentation}]+/gu).filter(Boolean))
    words.push(...(/\p{Script=Han}/u.test(word) ? knownWords(word) : [word]));
  return words;
};

// The longest word of the index first, from left to right; what it does not know is left out, unless it knows nothing.
function knownWords(run) {
  const terms = (typeof Search !== "undefined" && Search._index && Search._index.terms) || {};
  const found = [];
  let at = 0;
  while (at < run.length) {
    let end = run.length;
    while (end > at && !Object.hasOwn(terms, run.slice(at, end).toLowerCase())) end -= 1;
    if (end > at) found.push(run.slice(at, end));
    at = Math.max(end, at + 1);
  }
  return found.length ? found : [run];
}

// A page opened as a file may not read its neighbours: without their summaries the list of results is whole and raises no error.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
