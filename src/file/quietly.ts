/** For cleaning up: resolves to whether it worked. What cannot be removed now is swept later. */
export async function quietly(action: () => void | Promise<void>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch {
    return false;
  }
}
