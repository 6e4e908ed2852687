// Links of a dashboard to other dashboards (by tag) and pages.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { sceneGraph } from '@grafana/scenes';
import { Icon, useStyles2 } from '@grafana/ui';
import { Link } from 'react-router-dom';
import { searchDashboards } from '../../api/dashboards';
import type { DashboardScene } from '../../dashboard/DashboardScene';
import { carryParameters, cleanLink } from '../../dashboard/links';
import type { DashboardLink } from '../../dashboard/model';
import { useResource } from '../../lib/useResource';

export function DashboardLinks({ links, scene }: { links: DashboardLink[]; scene: DashboardScene }) {
  const styles = useStyles2(getStyles);
  if (links.length === 0) {
    return null;
  }
  return (
    <div className={styles.links}>
      {links.map((link) =>
        link.type === 'dashboards' ? (
          <TaggedLinks key={`${link.title} ${link.tags?.join()}`} link={link} scene={scene} />
        ) : (
          <OneLink
            key={`${link.title} ${link.url}`}
            link={link}
            title={sceneGraph.interpolate(scene, link.title)}
            url={sceneGraph.interpolate(scene, link.url ?? '')}
          />
        ),
      )}
    </div>
  );
}

function TaggedLinks({ link, scene }: { link: DashboardLink; scene: DashboardScene }) {
  const key = (link.tags ?? []).join('\n');
  const found = useResource(key, key, (signal) => searchDashboards({ tags: link.tags, limit: 50 }, signal));
  return (found.data ?? [])
    .filter((hit) => hit.uid !== scene.state.uid)
    .map((hit) => <OneLink key={hit.uid} link={link} title={hit.title} url={`/d/${hit.uid}`} />);
}

function OneLink({ link, title, url }: { link: DashboardLink; title: string; url: string }) {
  const styles = useStyles2(getStyles);
  const carried = cleanLink(carryParameters(url, link, window.location.search));
  const content = (
    <>
      <Icon name={link.type === 'dashboards' ? 'apps' : 'external-link-alt'} size="sm" />
      {title}
    </>
  );
  return carried.startsWith('/') && !link.targetBlank ? (
    <Link to={carried} className={styles.link} title={link.tooltip}>
      {content}
    </Link>
  ) : (
    <a
      href={carried}
      className={styles.link}
      title={link.tooltip}
      target={link.targetBlank ? '_blank' : undefined}
      rel="noreferrer"
    >
      {content}
    </a>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  links: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1), marginBottom: theme.spacing(1) }),
  link: css({
    display: 'inline-flex',
    alignItems: 'center',
    gap: theme.spacing(0.75),
    padding: theme.spacing(0.5, 1),
    borderRadius: theme.shape.radius.default,
    background: theme.colors.secondary.main,
    color: theme.colors.text.primary,
    fontSize: theme.typography.bodySmall.fontSize,
    '&:hover': { background: theme.colors.secondary.shade },
  }),
});
