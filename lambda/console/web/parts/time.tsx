import { useEffect, useState } from "react";
import { formatAgo, formatTime } from "../format.ts";

/** A moment in the browser's time zone; the exact one in UTC is behind it. */
export function Time({ iso }: { iso: string }) {
  return (
    <time dateTime={iso} title={iso} className="figures">
      {formatTime(iso)}
    </time>
  );
}

export function Ago({ iso }: { iso: string }) {
  const nowMs = useNowMs();
  return (
    <time dateTime={iso} title={formatTime(iso)}>
      {formatAgo(iso, nowMs)}
    </time>
  );
}

/** Goes on twice a minute. */
function useNowMs(): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}
