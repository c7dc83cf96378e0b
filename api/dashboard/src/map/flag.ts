/** Paints a flag on its pole, its middle at 0,0; the number of the task force is written on it by the map. */
export const flag = (colour: string, halo: string) => (c: CanvasRenderingContext2D) => {
  c.beginPath();
  for (const [x, y] of [[-7, -10], [9, -10], [9, 3], [-5.4, 3], [-5.4, 10], [-7, 10]] as const) c.lineTo(x, y);
  c.closePath();
  c.lineWidth = 2.5;
  c.strokeStyle = halo;
  c.stroke();
  c.fillStyle = colour;
  c.fill();
};
