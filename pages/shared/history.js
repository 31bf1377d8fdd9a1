// What Back gives: an entry of the history for each page that was opened, and none for what was changed on it.
//
// Streamlit pushes an entry at most changes of the address. Here the address of a page is its state: a change replaces
// the entry, and only another page makes a new one. Runs before Streamlit's own scripts.
(() => {
  const push = history.pushState.bind(history)
  let isTravelling = false // Back or Forward was the last thing that the reader did
  let isLeaving = false // the reader has followed a link to another page, which is not there yet

  const isOtherPage = (url) => new URL(url, location.href).pathname !== location.pathname

  /** Say whether an address of this page has nothing that the address of now has not. */
  function isLess(url) {
    const now = new URLSearchParams(location.search)
    return [...new URL(url, location.href).searchParams].every(([name, value]) => now.getAll(name).includes(value))
  }

  history.pushState = (state, title, url) => {
    if (isOtherPage(url)) {
      // While the reader travels, another page is one of a run that began before: the reader has left it again.
      if (!isTravelling) push(state, title, url)
      isLeaving = false
    } else if (!isLeaving || !isLess(url)) {
      // Before another page comes, Streamlit takes out of the address what only the page that is being left has.
      history.replaceState(state, title, url)
    }
  }

  function acted({ travels = false, leaves = false }) {
    isTravelling = travels
    isLeaving = leaves
  }

  addEventListener("popstate", () => acted({ travels: true }), true)
  for (const act of ["pointerdown", "keydown"]) addEventListener(act, () => acted({}), true)
  addEventListener(
    "click",
    (event) => {
      const link = event.composedPath().find((part) => part instanceof HTMLAnchorElement)
      const opensHere = link && link.target !== "_blank" && !event.ctrlKey && !event.metaKey && !event.shiftKey
      acted({ leaves: Boolean(opensHere) && isOtherPage(link.href) })
    },
    true,
  )
})()
