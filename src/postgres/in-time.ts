/** Waits for a time only, then rejects with the code `ETIMEDOUT`; what comes later is let go of. */
export function inTime<T>(promise: Promise<T>, limitMs: number, letGo: (late: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      reject(Object.assign(new Error("not in time"), { code: "ETIMEDOUT" }));
    }, limitMs);
    const settle = (value: T): void => {
      clearTimeout(timer);
      if (isLate) letGo(value);
      else resolve(value);
    };
    promise.then(settle, (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}
