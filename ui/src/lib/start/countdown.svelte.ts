/** Seconds that run down on screen; the core alone decides when a PIN is taken again. */
export class Countdown {
  left_s = $state(0);
  private timer: ReturnType<typeof setInterval> | undefined;

  /** Runs down from the given seconds until the returned function is called. */
  start(seconds: number): () => void {
    this.stop();
    this.left_s = seconds;
    if (seconds > 0) {
      this.timer = setInterval(() => {
        this.left_s -= 1;
        if (this.left_s <= 0) this.stop();
      }, 1000);
    }
    return () => this.stop();
  }

  private stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
