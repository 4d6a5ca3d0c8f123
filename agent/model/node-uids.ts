/** UIDs of Node objects: whoever lives on the Node that there is outranks whoever lived on one that there was. */
export interface NodeUids {
  /** Of the Node that this agent lives on; undefined: not known. */
  readonly own: () => string | undefined;
  /** Of the Node of that name, by what is read now; undefined: not known. */
  readonly of: (name: string) => string | undefined;
}
