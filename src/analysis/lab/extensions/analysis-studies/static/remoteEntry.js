/* Cards of JupyterLab's launcher: the studies, a welcome, the report and the documentation.
 *
 * A prebuilt extension as JupyterLab loads it, written by hand: it takes the few modules that it needs from those that
 * JupyterLab shares, and asks no other address for anything. Which cards there are says the page itself.
 */
"use strict";

(() => {
  const NAME = "analysis-studies";
  const OPEN = "analysis-studies:open";
  // Before JupyterLab's own sections, whose ranks begin at 0.
  const FIRST = -100;
  // Large enough for the last row before a projector. What a person sets under Settings, Theme goes before it; a default
  // of JupyterLab's settings does not reach its themes.
  const STYLE = `
    html:root { --jp-content-font-size1: 16px; --jp-code-font-size: 15px; --jp-ui-font-size1: 14px; }
    .jp-LauncherCard:is([data-category="Studies"], [data-category="This project"]) { width: 11em; }
    .jp-LauncherCard[data-category="Studies"] .jp-LauncherCard-icon > div,
    .jp-LauncherCard[data-category="Studies"] .jp-LauncherCard-icon svg { width: 96px !important; height: 60px !important; }
  `;
  let shared;

  /** A module that JupyterLab shares; of each it shares one version. */
  async function moduleOf(name) {
    const [version] = Object.values(shared[name]);
    return (await version.get())();
  }

  /** Opens a notebook and runs it, unless it is open already, or the server does not vouch for what stands in it. */
  async function openNotebook(app, { NotebookActions }, path, options) {
    const isOpen = [...app.shell.widgets("main")].some((widget) => widget.context && widget.context.path === path);
    const panel = await app.commands.execute("docmanager:open", { path, factory: "Notebook", options });
    if (!isOpen) {
      Promise.all([panel.context.ready, panel.sessionContext.ready]).then(() => {
        const isTrusted = [...panel.content.model.cells].every((cell) => cell.type !== "code" || cell.trusted);
        return isTrusted ? NotebookActions.runCells(panel.content, panel.content.widgets, panel.sessionContext) : undefined;
      });
    }
    return panel;
  }

  function openPage({ PageConfig }, page) {
    // The new page is given no way back to this one.
    window.open(PageConfig.getBaseUrl() + page, "_blank", "noopener");
  }

  /** On opening the workspace its first page is in front; who loads it again stays where they were. */
  async function showFirst(app, coreutils, notebook) {
    const start = coreutils.PageConfig.getOption("analysisStart");
    if (coreutils.PageConfig.getOption("treePath") || sessionStorage.getItem(NAME) === start) {
      return;
    }
    sessionStorage.setItem(NAME, start);
    await app.restored;
    const first = [...app.shell.widgets("main")].find((widget) => widget.id.startsWith("launcher"));
    if (!first) {
      await app.commands.execute("launcher:create", { cwd: "", activate: true });
    }
    const welcome = coreutils.PageConfig.getOption("analysisWelcome");
    if (welcome) {
      await openNotebook(app, notebook, welcome, { activate: false, mode: "tab-after" });
    }
  }

  async function extension() {
    const [{ ILauncher }, coreutils, notebook, { LabIcon }] = await Promise.all(
      ["launcher", "coreutils", "notebook", "ui-components"].map((name) => moduleOf(`@jupyterlab/${name}`)),
    );
    const cards = JSON.parse(coreutils.PageConfig.getOption("analysisCards") || "[]");
    const icons = cards.map((card, index) => new LabIcon({ name: `${NAME}:${index}`, svgstr: card.icon }));
    const plugin = {
      id: `${NAME}:launcher`,
      description: "Adds the studies, a welcome, the report and the documentation to the launcher.",
      autoStart: true,
      requires: [ILauncher],
      activate(app, launcher) {
        app.commands.addCommand(OPEN, {
          label: ({ card }) => (cards[card] ? cards[card].label : "Open a study"),
          caption: ({ card }) => (cards[card] ? cards[card].caption : ""),
          icon: ({ card }) => icons[card],
          execute: ({ card }) => {
            const { path, page } = cards[card];
            return path ? openNotebook(app, notebook, path) : openPage(coreutils, page);
          },
        });
        cards.forEach((card, index) => {
          launcher.add({
            command: OPEN,
            args: { card: index },
            category: card.section,
            categoryRank: FIRST + index,
            rank: index,
          });
        });
        document.head.append(Object.assign(document.createElement("style"), { textContent: STYLE }));
        showFirst(app, coreutils, notebook);
      },
    };
    return { __esModule: true, default: plugin };
  }

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB[NAME] = {
    init(scope) {
      shared = scope;
    },
    async get() {
      const found = await extension();
      return () => found;
    },
  };
})();
