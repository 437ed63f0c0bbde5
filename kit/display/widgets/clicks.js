// Hears clicks in the outputs of one notebook and says in the kernel what was clicked. The outputs
// are plain HTML, which the notebook keeps; without this they show the same and do not answer.
// Nothing of an output is run or set as HTML here: words go in as text.

const PATIENCE = 60_000;

const STYLE = `
  [data-place] [data-of], [data-place] [data-sortable] thead th { cursor: pointer }
  [data-place] [data-area]:hover { stroke: #222222; stroke-width: 1.5 }
  [data-place] [data-sortable] thead th:hover { text-decoration: underline }
  #jp-main-dock-panel a.way[data-way] {
    cursor: pointer; color: var(--jp-content-link-color, #0072b2); text-decoration: underline
  }
  .okta-kit-value {
    position: fixed; z-index: 10000; max-width: 28rem; padding: .25rem .5rem; pointer-events: none;
    font: 13px/1.35 var(--jp-ui-font-family, sans-serif); color: #ffffff; background: #222222;
    border-radius: 3px; box-shadow: 0 1px 4px rgba(0, 0, 0, .4)
  }`;

function initialize({ model }) {
  const ours = new AbortController();
  const style = document.createElement("style");
  const value = document.createElement("div");
  style.textContent = STYLE;
  value.className = "okta-kit-value";
  value.setAttribute("role", "tooltip");
  document.head.append(style);

  const placeOf = (target) => {
    const place = target instanceof Element ? target.closest("[data-place]") : null;
    return place?.dataset.place.startsWith(`${model.get("page")}-`) ? place : null;
  };

  const onClick = (event) => {
    const place = placeOf(event.target);
    if (!place) return;
    const say = (what) => model.send({ place: place.dataset.place, ...what });
    const area = event.target.closest("[data-of]");
    const heading = event.target.closest("[data-sortable] thead th");
    const way = event.target.closest("a.way[data-way]:not([href])");
    if (area) {
      const charts = [...place.querySelectorAll("[data-areas]")];
      const chart = charts.indexOf(area.closest("[data-areas]"));
      say({ chart, area: Number(area.dataset.area) });
    } else if (way && inLab()) {
      say({ way: way.dataset.way });
    } else if (heading) {
      say({ column: heading.cellIndex });
    }
  };

  const onMove = (event) => {
    const area = event.target instanceof Element ? event.target.closest("[data-area]") : null;
    if (!area || !placeOf(area)) {
      value.remove();
      return;
    }
    const title = area.querySelector("title");
    if (title) {
      // Said at once and beside the pointer; the browser's own comes late.
      area.setAttribute("aria-label", title.textContent);
      title.remove();
    }
    value.textContent = area.getAttribute("aria-label");
    if (!value.isConnected) document.body.append(value);
    const left = Math.min(event.clientX + 14, window.innerWidth - value.offsetWidth - 8);
    const below = event.clientY + 18;
    const fits = below + value.offsetHeight < window.innerHeight;
    value.style.left = `${Math.max(left, 8)}px`;
    value.style.top = `${fits ? below : event.clientY - value.offsetHeight - 10}px`;
  };

  const options = { signal: ours.signal };
  document.addEventListener("click", onClick, options);
  document.addEventListener("pointermove", onMove, options);
  document.addEventListener("scroll", () => value.remove(), { ...options, capture: true });
  model.on("msg:custom", ({ open, name }) => {
    if (open) openAndRun(open, name, ours.signal);
  });
  return () => {
    ours.abort();
    style.remove();
    value.remove();
  };
}

// Voilà's page has JupyterLab's shell, and no place to open a notebook in.
const inLab = () => document.getElementById("jp-main-dock-panel") !== null;

/** Open the notebook that a place links to, and run all its cells when its kernel is there. */
async function openAndRun(place, name, signal) {
  const link = await until(signal, () =>
    [...document.querySelectorAll(`[data-place="${CSS.escape(place)}"] a[data-run]`)].find(
      // JupyterLab has found the file, and hears the click.
      (one) => one.textContent === name && one.getAttribute("href").includes("/files/"),
    ),
  );
  if (!link) return;
  link.click();
  const ready = await until(signal, () => {
    const tab = document.querySelector("#jp-main-dock-panel .lm-TabBar-tab.jp-mod-current");
    const panel = tab && document.getElementById(tab.dataset.id);
    const isOpen = tab?.textContent.includes(name) && panel?.querySelector(".jp-Notebook");
    // Before it has its kernel it says to be idle too, and asks for one if it is run.
    return (
      isOpen &&
      kernelOf(panel) === kernelOf(link.closest(".jp-NotebookPanel")) &&
      panel.querySelector('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
    );
  });
  if (!ready) return;
  const run = document.createElement("a");
  run.setAttribute("data-commandlinker-command", "notebook:run-all-cells");
  run.setAttribute("data-commandlinker-args", "{}");
  // In an output that the user's own kernel made: from elsewhere JupyterLab asks before it runs.
  link.parentElement.append(run);
  run.click();
  run.remove();
}

const kernelOf = (panel) => panel?.querySelector(".jp-Toolbar-kernelName")?.textContent;

/** What a question gives as soon as it gives something; nothing if that takes too long. */
async function until(signal, ask) {
  const end = Date.now() + PATIENCE;
  while (!signal.aborted && Date.now() < end) {
    const answer = ask();
    if (answer) return answer;
    await new Promise((go) => setTimeout(go, 100));
  }
  return null;
}

export default { initialize, render: () => {} };
