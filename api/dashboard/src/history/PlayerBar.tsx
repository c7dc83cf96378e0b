import { CaretRightOutlined, PauseOutlined, StepBackwardOutlined, StepForwardOutlined } from "@ant-design/icons";
import { Button, Checkbox, Segmented } from "antd";
import { number } from "../format/number";
import { clockS, isoDay } from "../format/time";
import { useT } from "../i18n";
import { headAt, type Track } from "../map/trackFeatures";
import { SPEEDS } from "./address";
import type { Player } from "./usePlayer";

/** Play, speed, follow, and each vehicle's figures at the moment. */
export function PlayerBar({ player, ways, speed, follow, onSpeed, onFollow, onStop }: {
  player: Player; ways: readonly Track[]; speed: (typeof SPEEDS)[number]; follow: boolean; onSpeed: (speed: (typeof SPEEDS)[number]) => void;
  onFollow: (follow: boolean) => void; onStop: (step: 1 | -1) => void;
}) {
  const t = useT("history");
  const { moment, playing } = player;
  return (
    <div className="player">
      <Button size="small" aria-label={t("previous_stop")} title={t("previous_stop")} icon={<StepBackwardOutlined />} onClick={() => onStop(-1)} />
      <Button size="small" type="primary" aria-label={t(playing ? "pause" : "play")} title={t(playing ? "pause" : "play")}
        icon={playing ? <PauseOutlined /> : <CaretRightOutlined />} onClick={player.toggle} />
      <Button size="small" aria-label={t("next_stop")} title={t("next_stop")} icon={<StepForwardOutlined />} onClick={() => onStop(1)} />
      <Segmented size="small" aria-label={t("speed")} value={speed} onChange={onSpeed}
        options={SPEEDS.map((one) => ({ value: one, label: `${one}×` }))} />
      <Checkbox checked={follow} onChange={({ target }) => onFollow(target.checked)}>{t("follow")}</Checkbox>
      <b className="clock">{isoDay(moment)} {clockS(moment)}</b>
      <span className="figures">
        {ways.map((way) => {
          const head = headAt(way, moment);
          const says = !head ? t("before") : head.old ? t("old", { time: clockS(head.point.observed_at) }) : `${number(head.point.speed_kmh)} km/h`;
          return <span key={way.id}><b className={`letter l${way.colour}`}>{way.letter}</b>{says}</span>;
        })}
      </span>
    </div>
  );
}
