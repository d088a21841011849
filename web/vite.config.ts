import { defineConfig } from 'vite';

// Where `npm run dev` finds a running Lightstick server.
const server = 'http://localhost:8080';

export default defineConfig({
  base: '/',
  build: {
    outDir: 'dist',
    // dist holds a committed .keep, so the folder is never wiped.
    emptyOutDir: false,
    assetsDir: 'static',
    // Everything is a file of our own origin: no data: URLs for the CSP to allow.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
    chunkSizeWarningLimit: 800,
    rollupOptions: {
      input: { watch: 'watch.html', shows: 'shows.html', dashboard: 'dashboard.html', publish: 'publish.html' },
    },
  },
  server: {
    proxy: {
      '/live': server,
      '/cmcd': server,
      '/whip': server,
      '/api': server,
      // The Go server answers /watch/{stream} with watch.html; so does the dev server.
      '/watch/': { target: server, bypass: ({ url }) => (url === '/watch/' ? null : '/watch.html') },
    },
  },
});
