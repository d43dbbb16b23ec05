(() => {
  const MOVES = [[-1, 0], [0, 1], [1, 0], [0, -1]];
  const COLORS = { wall: "#22262e", start: "#3a9a76", goal: "#e07b39", arrow: "#2456a6", floor: "#ffffff", path: "#dbe6f6" };
  const CELL = 34, GAP = 26, LABEL = 190, TOP = 10;

  const likeliest = (frame, cell) => {
    const chances = frame.slice(4 * cell, 4 * cell + 4);
    return chances.indexOf(Math.max(...chances));
  };

  // the way that the likeliest move of each cell leads from the start
  const way = (maze, frame) => {
    const seen = new Set();
    let cell = maze.start;
    while (!seen.has(cell)) {
      seen.add(cell);
      const move = likeliest(frame, cell);
      if (cell === maze.goal || !maze.passages[4 * cell + move]) break;
      cell += MOVES[move][0] * maze.columns + MOVES[move][1];
    }
    return { cells: seen, arrives: cell === maze.goal };
  };

  const drawMaze = (context, maze, frame, left, top) => {
    const path = way(maze, frame);
    for (let cell = 0; cell < maze.rows * maze.columns; cell++) {
      const x = left + (cell % maze.columns) * CELL, y = top + Math.floor(cell / maze.columns) * CELL;
      context.fillStyle = path.cells.has(cell) ? COLORS.path : COLORS.floor;
      context.fillRect(x, y, CELL, CELL);
      const middle = [x + CELL / 2, y + CELL / 2];
      if (cell === maze.start || cell === maze.goal) {
        context.fillStyle = cell === maze.start ? COLORS.start : COLORS.goal;
        context.beginPath(); context.arc(...middle, CELL * 0.3, 0, 7); context.fill();
      }
      if (cell !== maze.goal) drawArrows(context, frame, cell, middle);
    }
    context.strokeStyle = COLORS.wall; context.lineWidth = 2; context.beginPath();
    for (let cell = 0; cell < maze.rows * maze.columns; cell++) {
      const x = left + (cell % maze.columns) * CELL, y = top + Math.floor(cell / maze.columns) * CELL;
      const sides = [[x, y, x + CELL, y], [x + CELL, y, x + CELL, y + CELL], [x, y + CELL, x + CELL, y + CELL], [x, y, x, y + CELL]];
      sides.forEach(([a, b, c, d], move) => {
        if (!maze.passages[4 * cell + move]) { context.moveTo(a, b); context.lineTo(c, d); }
      });
    }
    context.stroke();
    return path.arrives;
  };

  const drawArrows = (context, frame, cell, [x, y]) => {
    MOVES.forEach(([down, right], move) => {
      const chance = frame[4 * cell + move] / 100;
      if (chance < 0.03) return;
      const reach = CELL * 0.42 * chance;
      const tip = [x + right * reach, y + down * reach];
      context.strokeStyle = COLORS.arrow; context.fillStyle = COLORS.arrow;
      context.lineWidth = 1 + 1.6 * chance;
      context.beginPath(); context.moveTo(x, y); context.lineTo(...tip); context.stroke();
      if (chance < 0.3) return;
      const [a, b] = [right, down], size = 4.5;
      context.beginPath();
      context.moveTo(tip[0] + a * size, tip[1] + b * size);
      context.lineTo(tip[0] - b * size * 0.7, tip[1] + a * size * 0.7);
      context.lineTo(tip[0] + b * size * 0.7, tip[1] - a * size * 0.7);
      context.fill();
    });
  };

  const show = (place) => {
    const film = JSON.parse(document.getElementById("film-" + place.dataset.film).textContent);
    const { rows, columns } = film.mazes[0];
    const width = LABEL + film.mazes.length * (columns * CELL + GAP), row = rows * CELL + GAP + 16;
    const canvas = document.createElement("canvas"), scale = Math.max(2, window.devicePixelRatio || 1);
    canvas.width = width * scale; canvas.height = (TOP + film.networks.length * row) * scale;
    const context = canvas.getContext("2d");
    const last = film.thoughts.length - 1;
    const slider = Object.assign(document.createElement("input"), { type: "range", min: 0, max: last, value: last });
    slider.setAttribute("aria-label", "number of thoughts");
    const button = Object.assign(document.createElement("button"), { textContent: "play", type: "button" });
    const output = document.createElement("output");

    const draw = () => {
      const frame = Number(slider.value);
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.fillStyle = "#fff"; context.fillRect(0, 0, width, canvas.height);
      film.networks.forEach((network, n) => {
        const top = TOP + n * row;
        context.fillStyle = COLORS.wall; context.font = "600 14px Helvetica, Arial, sans-serif";
        context.fillText(network.label, 0, top + 20);
        film.mazes.forEach((maze, m) => {
          const left = LABEL + m * (columns * CELL + GAP);
          const arrives = drawMaze(context, maze, network.frames[m][frame], left, top);
          context.fillStyle = arrives ? COLORS.start : "#8a919e"; context.font = "12px Helvetica, Arial, sans-serif";
          context.fillText(arrives ? "likeliest way arrives" : "likeliest way does not arrive", left, top + rows * CELL + 15);
        });
      });
      output.textContent = film.thoughts[frame] + (film.thoughts[frame] === 1 ? " thought" : " thoughts");
    };

    let timer = null;
    const stop = () => { clearInterval(timer); timer = null; button.textContent = "play"; };
    button.addEventListener("click", () => {
      if (timer) return stop();
      if (Number(slider.value) === last) slider.value = 0;
      button.textContent = "pause";
      draw();
      timer = setInterval(() => {
        if (Number(slider.value) >= last) return stop();
        slider.value = Number(slider.value) + 1; draw();
      }, 160);
    });
    slider.addEventListener("input", draw);
    const controls = document.createElement("div");
    controls.className = "controls"; controls.append(button, slider, output);
    place.append(canvas, controls);
    draw();
  };

  document.querySelectorAll("[data-film]").forEach(show);
})();
