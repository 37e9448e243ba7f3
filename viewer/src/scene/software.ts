/** Tells whether WebGL is emulated on the CPU, where shadows and multisampling cost seconds a frame. */

export function isSoftwareRenderer(name: string): boolean {
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
}

export function rendererName(): string {
  const context = document.createElement("canvas").getContext("webgl2");
  if (!context) return "";
  const info = context.getExtension("WEBGL_debug_renderer_info");
  const name = info ? String(context.getParameter(info.UNMASKED_RENDERER_WEBGL)) : "";
  context.getExtension("WEBGL_lose_context")?.loseContext();
  return name;
}
