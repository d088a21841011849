const KEY = 'lightstick-api-token';

/** The API token: as long as the tab, or as the page where storage is forbidden. Never in the address. */
let inMemory = '';

export function storedToken(): string {
  try {
    return sessionStorage.getItem(KEY) ?? inMemory;
  } catch {
    return inMemory;
  }
}

export function storeToken(token: string): void {
  inMemory = token;
  try {
    if (token) sessionStorage.setItem(KEY, token);
    else sessionStorage.removeItem(KEY);
  } catch {
    // It is asked for again next time.
  }
}
