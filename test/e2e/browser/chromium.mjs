// Chromium as every script here starts it: without a sandbox, for containers that
// run as root, and without anything that calls home.
import { chromium } from 'playwright-core';

// patience bounds every wait for something that must happen, in milliseconds. How long it
// takes is the machine's affair.
const patience = 90_000;

/** more are arguments of Chromium besides. */
export async function launch(more = []) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    timeout: patience,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required', ...more,
    ],
  });
  const newContext = browser.newContext.bind(browser);
  browser.newContext = async (options) => {
    const context = await newContext(options);
    context.setDefaultTimeout(patience);
    return context;
  };
  return browser;
}
