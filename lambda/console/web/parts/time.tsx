import { useEffect, useState } from "react";
import { formatAgo, formatShortTime, formatTime } from "../format.ts";

/** A moment in the browser's time zone; the exact one in UTC is behind it. */
export function Time({ iso }: { iso: string }) {
  return (
    <time dateTime={iso} title={iso} className="figures no-wrap">
      {formatShortTime(iso, Date.now())}
    </time>
  );
}

export function Ago({ iso }: { iso: string }) {
  const nowMs = useNowMs();
  return (
    <time dateTime={iso} title={formatTime(iso)} className="no-wrap">
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
