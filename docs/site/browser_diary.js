
// The learner's diary: read and written by the kernel as if it were a page, and kept by this browser alone.
const DIARY = { headers: { "X-Diary": "kept" } };

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.origin === location.origin && url.pathname.endsWith("/api/diary")) {
    event.respondWith(diary(event.request));
  }
});

async function diary(request) {
  const storage = await caches.open("diary");
  const place = new URL("api/diary", self.registration.scope).href;
  if (request.method === "PUT") {
    await storage.put(place, new Response(await request.text()));
  }
  const found = await storage.match(place);
  return new Response(found ? await found.text() : "", DIARY);
}
