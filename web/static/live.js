/* One stream of news for all tabs of a browser: a page that held its own would use up the six connections that
   HTTP/1.1 allows. A SharedWorker, named for the person; pages connect to it and are told what there is. */
(() => {
  const LONGEST_WAIT = 15000;
  const whose = `staff=${self.name}`;
  const ports = new Set();
  let source = null, latest = null, trouble = null, wait = 1000;

  const tell = (message) => ports.forEach((port) => port.postMessage(message));
  const inTrouble = (kind) => {
    if (trouble?.kind === kind) return;
    trouble = { kind };
    tell(trouble);
  };
  const listen = () => {
    source?.close();
    source = new EventSource(`/events?${whose}`);
    source.addEventListener('open', () => { wait = 1000; trouble = null; tell({ kind: 'well' }); });
    source.addEventListener('calls', ({ data }) => {
      latest = { kind: 'calls', html: data };
      tell(latest);
    });
    source.addEventListener('over', refused);
    source.addEventListener('error', () => (source.readyState === EventSource.CLOSED ? refused() : inTrouble('lost')));
  };
  /* A stream that is refused is not tried again by the browser, and it does not say why: ask. */
  const refused = async () => {
    source.close();
    const answer = await fetch(`/events/open?${whose}`).catch(() => null);
    if (answer?.status === 204) wait = 1000;
    inTrouble(answer?.status === 401 ? 'over' : 'lost');
    setTimeout(listen, wait);
    wait = Math.min(2 * wait, LONGEST_WAIT);
  };
  self.addEventListener('connect', ({ ports: [port] }) => {
    ports.add(port);
    port.addEventListener('message', ({ data }) => {
      if (data === 'bye') ports.delete(port);
      if (data === 'again') listen();
    });
    port.start();
    if (latest) port.postMessage(latest);
    if (trouble) port.postMessage(trouble);
    if (!source) listen();
  });
})();
