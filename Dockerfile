# docker build -t premotor .
# docker run --rm --user $(id -u):$(id -g) -v "$PWD:/data" premotor play walk --video walk.mp4
# docker run --rm -p 8080:8080 premotor play walk --browser --host 0.0.0.0   (its address: localhost)
FROM python:3.12-slim
COPY pyproject.toml README.md LICENSE /source/
COPY src /source/src
RUN pip install --no-cache-dir '/source[view]' && rm -r /source
# Numba, JAX and Matplotlib keep what they have compiled or found; any user may write there.
ENV HOME=/cache NUMBA_CACHE_DIR=/cache/numba
RUN mkdir -p $HOME /data && chmod 1777 $HOME /data
WORKDIR /data
USER 1000
ENTRYPOINT ["premotor"]
CMD ["--help"]
