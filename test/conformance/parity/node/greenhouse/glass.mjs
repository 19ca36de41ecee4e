// A module of the other kind: its frames carry file URLs.
export class Pane {
  clean(soap) {
    if (!soap) throw new TypeError('a pane needs soap\nand water');
    return true;
  }
}

export function cleanAll(panes) {
  for (const pane of panes) pane.clean(0);
}
