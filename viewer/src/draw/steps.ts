/** Undo and redo within one drawing: states in order, and where among them the drawing is. */

export class Steps<State> {
  private states: State[];
  private at = 0;

  constructor(first: State) {
    this.states = [first];
  }

  get now(): State {
    return this.states[this.at] as State;
  }

  get canUndo(): boolean {
    return this.at > 0;
  }

  get canRedo(): boolean {
    return this.at < this.states.length - 1;
  }

  /** Whether anything differs from the beginning. */
  get isChanged(): boolean {
    return this.now !== this.states[0];
  }

  push(state: State): void {
    if (state === this.now) return;
    this.states = [...this.states.slice(0, this.at + 1), state];
    this.at += 1;
  }

  undo(): State {
    this.at = Math.max(0, this.at - 1);
    return this.now;
  }

  redo(): State {
    this.at = Math.min(this.states.length - 1, this.at + 1);
    return this.now;
  }
}
