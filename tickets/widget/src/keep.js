// What a browser keeps for a site: in its own storage, or in memory where storage is blocked.

export function keeper(name, area) {
  let memory = null;
  const store = () => {
    try {
      return window[area];
    } catch {
      return null;
    }
  };
  return {
    get() {
      try {
        return JSON.parse(store().getItem(name)) || memory;
      } catch {
        return memory;
      }
    },
    set(value) {
      memory = value;
      try {
        if (value === null) store().removeItem(name);
        else store().setItem(name, JSON.stringify(value));
      } catch {
        // Blocked or full: memory has it.
      }
    },
  };
}
